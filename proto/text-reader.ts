/** Reads wire bytes where there are many of them: text by the runtime's own decoder, bytes as views of the message. */
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** A reader that the generated decoders take as well. */
export class TextReader extends BinaryReader {
  readonly #message: Buffer;

  constructor(message: Uint8Array) {
    super(message);
    this.#message = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  }

  /** The next field's text, U+FFFD in place of what is no UTF-8. RangeError where the message ends before it does. */
  override string(): string {
    const start = this.#skipField();
    return this.#message.toString('utf8', start, this.pos);
  }

  /** The next field's bytes as a view of the message. RangeError where the message ends before they do. */
  bytesHere(): Buffer {
    const start = this.#skipField();
    return this.#message.subarray(start, this.pos);
  }

  /** Moves behind the next field, and gives where its content begins. */
  #skipField(): number {
    const length = this.uint32();
    const start = this.pos;
    this.pos = start + length;
    if (this.pos > this.len) throw new RangeError('the message ends within a field');
    return start;
  }
}
