import { Readable } from 'node:stream';
import type { Call } from './call.ts';

/**
 * The body of a call as the back end reads it: no faster than it does, no longer than the enrolment allows, and
 * asked for from a client that waits to be asked (RFC 9110 section 10.1.1). Request trailers are not passed on
 * (section 6.5.1 lets a recipient drop them).
 */
export class RequestBody extends Readable {
  readonly #call: Call;
  readonly #limit: number;
  #read = 0;
  #begun = false;
  /** The client sent more than the enrolment allows. */
  tooLarge = false;
  readonly #onData = (chunk: Buffer): void => {
    this.#read += chunk.length;
    if (this.#read > this.#limit) {
      this.tooLarge = true;
      this.destroy(new Error('the body is larger than the service accepts'));
    } else if (!this.push(chunk)) this.#call.request.pause();
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onClose = (): void => {
    if (!this.#call.request.complete) this.destroy(new Error('the client went away'));
  };

  constructor(call: Call, limit: number) {
    super({ highWaterMark: 65_536 });
    this.#call = call;
    this.#limit = limit;
    // Whoever reads it hears of errors first; when nobody does any more they are nobody's.
    this.on('error', () => {});
  }

  override _read(): void {
    const { request, response } = this.#call;
    if (!this.#begun) {
      this.#begun = true;
      if (this.#call.awaitsContinue) {
        this.#call.awaitsContinue = false;
        response.writeContinue();
      }
      request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
      return;
    }
    request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { request } = this.#call;
    request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    // Whether the rest is read for nothing or the connection closed is for the answer to say.
    callback(error);
  }
}
