/** Where what is said of a system comes from. */

/** Whose word it is: user's configuration beats site's, site's beats shipped. */
export type LayerName = 'shipped' | 'site' | 'user';

const ORDER: readonly LayerName[] = ['shipped', 'site', 'user'];

/** Where a value comes from. */
export interface Origin {
  layer: LayerName;
  file: string;
  /** Absent in what the program ships. */
  line?: number;
  /**
   * Of a value that a profile says. A binding one was chosen by name or is locked: it beats all configuration and a
   * template's own lines; another ranks as its layer does.
   */
  profile?: { name: string; binding: boolean };
}

/** Below zero: `a` gives way to `b`. */
export function compareLayers(a: LayerName, b: LayerName): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}
