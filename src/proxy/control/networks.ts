export interface Networks {
  /** As they were written, joined by a space: for messages. */
  readonly text: string;
  /** Whether one of them holds this address, in any notation that Node uses for a socket's. */
  includes(address: string | undefined): boolean;
}
