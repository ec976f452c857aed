import type { Dispatcher } from 'undici';
import { endAnswer, writeAnswerHead } from './answer.ts';
import type { Call } from './call.ts';

/** Octets of an answer held while its call is being written to the audit log. */
const HELD_LIMIT = 65_536;
/** ms a client may take to read what is buffered for it. */
const STALLED_READER_MS = 120_000;

/** Told when an answer has a field that cannot be written. */
export interface AnswerOwner {
  answerUnwritable(error: Error): void;
}

/**
 * A department's answer on its way to the client: held until it is released, no faster than the client reads, and a
 * small one in a single write.
 */
export class DepartmentAnswer {
  readonly #call: Call;
  readonly #owner: AnswerOwner;
  #controller: Dispatcher.DispatchController | undefined;
  /** 0 until the head has come. */
  status = 0;
  #statusMessage: string | undefined;
  #headers: readonly string[] = [];
  #trailers: readonly string[] = [];
  #chunks: Buffer[] = [];
  #held = 0;
  #released = false;
  /** Something of it has left for the client. */
  headSent = false;
  #ended = false;
  /** All of it has been handed over, or nothing more will be. */
  #over = false;
  #stalled: NodeJS.Timeout | undefined;

  constructor(call: Call, owner: AnswerOwner) {
    this.#call = call;
    this.#owner = owner;
  }

  /** The head has come. @param headers alternating names and values, cleaned */
  begin(
    controller: Dispatcher.DispatchController,
    status: number,
    statusMessage: string | undefined,
    headers: readonly string[],
  ): void {
    this.#controller = controller;
    this.status = status;
    this.#statusMessage = statusMessage;
    this.#headers = headers;
    // By the next tick a small answer has come whole.
    process.nextTick(flushAnswer, this);
  }

  push(chunk: Buffer): void {
    if (this.headSent) {
      if (!this.#call.response.write(chunk)) this.#waitForReader();
      return;
    }
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held > HELD_LIMIT) this.#controller?.pause();
  }

  /** The whole answer has come. @param trailers alternating names and values, cleaned */
  end(trailers: readonly string[]): void {
    this.#ended = true;
    this.#trailers = trailers;
    if (this.headSent) this.#end();
  }

  /** From now on it may leave. */
  release(): void {
    this.#released = true;
    this.flush();
  }

  /** Nothing more of it is handed over. */
  drop(): void {
    this.#over = true;
    this.#chunks = [];
    clearTimeout(this.#stalled);
  }

  flush(): void {
    if (this.#over || this.headSent || !this.#released || this.status === 0) return;
    const { response } = this.#call;
    try {
      writeAnswerHead(this.#call, this.status, plainReason(this.#statusMessage), this.#headers);
    } catch (error) {
      // Sent on as it is, it could end the head early.
      this.#owner.answerUnwritable(error as Error);
      return;
    }
    this.headSent = true;
    const chunks = this.#chunks;
    this.#chunks = [];
    if (this.#ended) {
      const last = chunks.pop();
      for (const chunk of chunks) response.write(chunk);
      this.#end(last);
      return;
    }
    if (chunks.length === 0) {
      response.flushHeaders();
      return;
    }
    let open = true;
    for (const chunk of chunks) open = response.write(chunk);
    if (!open) this.#waitForReader();
    else if (this.#held > HELD_LIMIT) this.#controller?.resume();
  }

  #end(last?: Buffer): void {
    this.drop();
    if (this.#trailers.length > 0) this.#call.response.addTrailers(pairsOf(this.#trailers));
    endAnswer(this.#call, this.status, last);
  }

  #waitForReader(): void {
    this.#controller?.pause();
    if (this.#stalled !== undefined) return;
    this.#stalled = setTimeout(() => this.#call.connection.socket.destroy(), STALLED_READER_MS);
    this.#call.response.once('drain', () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      if (!this.#over) this.#controller?.resume();
    });
  }
}

const flushAnswer = (answer: DepartmentAnswer): void => answer.flush();

/** A reason phrase is passed on where it is plain text (RFC 9112 section 4). */
const plainReason = (reason: string | undefined): string | undefined =>
  reason !== undefined && /^[\x20-\x7e]+$/.test(reason) ? reason : undefined;

const pairsOf = (flat: readonly string[]): [string, string][] => {
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) {
    pairs.push([flat[index] as string, flat[index + 1] as string]);
  }
  return pairs;
};
