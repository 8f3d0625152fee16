// The vectors of answers in the message centre that the Go code runs as well: testdata/protocol. A missing file fails.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { b64u, fromB64u } from "./bytes";
import { PhoneFault } from "./contract";
import { sha256 } from "./derive";
import { sign, verify } from "./jws";
import { keptText } from "./messages-centre";

interface ReplyCase {
  readonly why: string;
  readonly typed: string;
  readonly kept: string;
  readonly digest?: string;
  readonly serverId: string;
  readonly reference: string;
  readonly d: { readonly private: string; readonly point: string };
  readonly keyId: string;
  readonly iat: number;
  readonly jws?: string;
  readonly refused?: readonly { readonly why: string; readonly jws: string }[];
}

const { cases } = JSON.parse(readFileSync(new URL("../../../testdata/protocol/replies.json", import.meta.url), "utf8")) as { cases: ReplyCase[] };

/** A server's judgement: an answer to this message, with this text, by this key, for this server. */
async function takes(one: ReplyCase, jws: string): Promise<boolean> {
  try {
    const said = await verify(jws, "nodkey-reply+jws", [one.d.point], { aud: one.serverId, kid: one.keyId });
    const [key, reference, text] = [said.string("key"), said.string("reference"), said.string("text")];
    said.integer("iat");
    said.done();
    return key === one.keyId && reference === one.reference && text === one.digest;
  } catch {
    return false;
  }
}

async function privateKey({ d }: ReplyCase): Promise<CryptoKey> {
  const point = fromB64u(d.point, 65);
  const jwk = { kty: "EC", crv: "P-256", d: d.private, x: b64u(point.slice(1, 33)), y: b64u(point.slice(33)) };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

describe("replies.json", () => {
  test("has cases", () => expect(cases.length).toBeGreaterThan(10));

  test.each(cases)("$why", async (one) => {
    if (one.kept === "") {
      expect(() => keptText(one.typed)).toThrow(PhoneFault);
      return;
    }
    const kept = keptText(one.typed);
    expect(kept).toBe(one.kept);
    expect(b64u(await sha256(kept))).toBe(one.digest);
    expect(await takes(one, one.jws ?? "")).toBe(true);
    const text = b64u(await sha256(kept));
    const own = await sign("nodkey-reply+jws", one.keyId, await privateKey(one), { aud: one.serverId, key: one.keyId, reference: one.reference, text, iat: one.iat });
    expect(await takes(one, own)).toBe(true);
  });

  test.each(cases.flatMap((one) => (one.refused ?? []).map((refused) => ({ one, ...refused }))))("not $why", async ({ one, jws }) => {
    expect(await takes(one, jws)).toBe(false);
  });
});
