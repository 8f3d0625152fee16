// The test server's no.

export type Answer = { readonly status: number; readonly body: unknown };

export class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, kind: string, key: string, args: Record<string, unknown> = {}) {
    super(key);
    this.answer = { status, body: { error: { kind, key, args, message: key } } };
  }
}
