// What the server says of its way to this phone (docs/protocol.md §5.10): which push service it has, how that took the last
// messages, and what became of the last test.

import { answerOf, type Api, type Signer } from "./api";
import type { Members } from "./strict";

/** One way to this phone; times are the server's, milliseconds since the epoch. */
export interface PushChannel {
  readonly channel: string;
  /** The push service's name, mostly its host. */
  readonly service: string;
  readonly acceptedAt: number | undefined;
  /** It refused the last messages: this subscription is of no use any more. */
  readonly failing: boolean;
}

/** The last test of this key. */
export interface PushTrial {
  readonly askedAt: number;
  /** When the push service took it. */
  readonly acceptedAt: number | undefined;
  /** When this phone said that it arrived. */
  readonly receivedAt: number | undefined;
}

export interface ServerPush {
  readonly webpush: PushChannel | undefined;
  readonly test: PushTrial | undefined;
}

/** Asks for one key. Throws PhoneFault. */
export async function askPushState(api: Pick<Api, "signed">, key: Signer): Promise<ServerPush> {
  return answerOf(await api.signed(key, "/push/state", {}), readPushState);
}

function readPushState(answer: Members): ServerPush {
  answer.integer("now");
  const channels = answer.has("channels") ? answer.objects("channels").map(readChannel) : [];
  const test = answer.has("test") ? readTrial(answer.inner("test")) : undefined;
  return { webpush: channels.find(({ channel }) => channel === "webpush"), test };
}

function readChannel(channel: Members): PushChannel {
  const read = {
    channel: channel.string("channel"), service: channel.string("service"), acceptedAt: channel.optionalInteger("acceptedAt"), failing: channel.boolean("failing"),
  };
  channel.integer("since");
  channel.optionalInteger("refusedAt");
  channel.done();
  return read;
}

function readTrial(test: Members): PushTrial {
  const read = { askedAt: test.integer("askedAt"), acceptedAt: test.optionalInteger("acceptedAt"), receivedAt: test.optionalInteger("receivedAt") };
  test.done();
  return read;
}
