/** Bundler and tests load a page as its text. */
declare module '*.html' {
  const text: string;
  export default text;
}
