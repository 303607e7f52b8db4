/** How the launch tells a person what it does; the console of the command line is one. */
export interface Progress {
  /** What is being done now; it stands until the next call. */
  doing(text: string): void;
  /** A fact worth a line: `fact('System', 'expanse')`. */
  fact(label: string, text: string): void;
  /** A sentence. */
  say(text: string): void;
  warn(text: string): void;
}
