/** A value as a person wrote it, and what reads it. */
import { StartJupyterError, type ErrorCode } from '../../errors.js';

export interface Reader<T> {
  /** Undefined for what will not do. */
  read: (value: unknown, folder: string) => T | undefined;
  /** In words. */
  expected: string;
}

/** A value as it was written, and where, for messages. */
export interface Found {
  value: unknown;
  /** `FILE:LINE: KEY` or `--option`. */
  where: string;
  /** What a relative path starts from. */
  folder: string;
  code: Extract<ErrorCode, 'bad-configuration' | 'bad-option'>;
}

/** What a reader makes of it. Throws StartJupyterError for what will not do. */
export function valueOf<T>({ value, where, folder, code }: Found, { read, expected }: Reader<T>): T {
  const result = read(value, folder);
  if (result !== undefined) return result;
  throw new StartJupyterError(code, `${where}: ${JSON.stringify(value)} will not do.`, {
    hint: `Expected: ${expected}.`,
  });
}
