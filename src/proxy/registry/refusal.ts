import type { ApiErrorCode } from '../../satellite/protocol.js';

/**
 * A call that the registry or control does not carry out, with the code of our own protocol and a sentence for the
 * person who reads the job's log. Transitions return it, everything asynchronous throws it.
 */
export class Refusal extends Error {
  readonly code: ApiErrorCode;
  /** When it is worth another try, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ApiErrorCode, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
