// The vectors that the Go code runs as well: testdata/protocol. A missing file fails.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { b64u, fromB64u, utf8 } from "./bytes";
import { formatCode, parseCode, parseLink } from "./codes";
import { PhoneFault, type PinFault } from "./contract";
import * as derive from "./derive";
import { digestName, verify, type PhoneTyp, type ServerTyp } from "./jws";
import { readOffer, readReceipt, readStatement } from "./messages";
import { pinFaults } from "./pins";

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a file holds is known to its caller
function cases<T>(file: string): readonly T[] {
  const text = readFileSync(new URL(`../../../testdata/protocol/${file}`, import.meta.url), "utf8");
  const all = (JSON.parse(text) as { cases: T[] }).cases;
  expect(all.length).toBeGreaterThan(0);
  return all;
}

interface CodeCase {
  readonly why: string;
  readonly kind: "code" | "typed" | "mistyped" | "refused" | "link" | "link_refused";
  readonly data: string;
  readonly groups: readonly string[];
  readonly compact: string;
  readonly codeId: string;
  readonly codeKey: string;
  readonly typed?: string;
  readonly group: number;
  readonly link: string;
  readonly origin: string;
  readonly fingerprint: string;
}

describe("codes.json", () => {
  test.each(cases<CodeCase>("codes.json"))("$kind: $why", async (one) => {
    switch (one.kind) {
      case "code": {
        expect(formatCode(one.data)).toEqual(one.groups);
        expect(parseCode(one.compact)).toBe(one.data);
        const { codeId, ck } = await derive.codeSecrets(one.data);
        expect([codeId, b64u(ck)]).toEqual([one.codeId, one.codeKey]);
        break;
      }
      case "typed":
        expect(parseCode(one.typed ?? "")).toBe(one.data);
        break;
      case "mistyped":
        expect(() => parseCode(one.typed ?? "")).toThrow(
          expect.objectContaining({ key: "code.group", args: { group: one.group } }) as Error,
        );
        break;
      case "refused":
        expect(() => parseCode(one.typed ?? "")).toThrow(PhoneFault);
        break;
      case "link": {
        const link = parseLink(one.link, one.origin);
        expect([parseCode(link.code), link.fingerprint]).toEqual([one.data, one.fingerprint]);
        break;
      }
      case "link_refused":
        expect(() => parseLink(one.link)).toThrow(PhoneFault);
        break;
      default:
        throw new Error(`a kind of case that this test does not know: ${String(one.kind)}`);
    }
  });
});

interface Pair {
  readonly private: string;
  readonly point: string;
}
interface DeriveCase {
  readonly why: string;
  readonly serverId: string;
  readonly code: string;
  readonly d: Pair;
  readonly e: Pair;
  readonly es: Pair;
  readonly pinKey: Pair;
  readonly kp: string;
  readonly pinTyped: string;
  readonly pin: string;
  readonly prf?: string;
  readonly offer: string;
  readonly submission: string;
  readonly decision: string;
  readonly keyId: string;
  readonly offerDigest: string;
  readonly offerMac: string;
  readonly submissionMac: string;
  readonly z: string;
  readonly h: string;
  readonly k: string;
  readonly w: string;
  readonly vpin: string;
  readonly vprf?: string;
  readonly prfSalt: string;
  readonly wrap: string;
  readonly wrapRefused: readonly string[];
  readonly pinProof: string;
  readonly sealedProof: { readonly epk: string; readonly ct: string };
  readonly sealedRefused: readonly { readonly epk: string; readonly ct: string }[];
  readonly assertionChallenge: string;
  readonly fingerprint: string;
}

async function ecdh(pair: Pair): Promise<CryptoKey> {
  const point = fromB64u(pair.point, 65);
  const jwk = { kty: "EC", crv: "P-256", d: pair.private, x: b64u(point.subarray(1, 33)), y: b64u(point.subarray(33)) };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}

describe("derive.json", () => {
  describe.each(cases<DeriveCase>("derive.json"))("$why", (one) => {
    const binding = { serverId: one.serverId, keyId: one.keyId };
    const bytes = (text: string): ReturnType<typeof fromB64u> => fromB64u(text);

    test("names the key, the code and the server", async () => {
      expect(await derive.thumbprint(bytes(one.d.point))).toBe(one.keyId);
      const { ck } = await derive.codeSecrets(one.code);
      const offerDigest = await derive.sha256(one.offer);
      expect(b64u(offerDigest)).toBe(one.offerDigest);
      expect(b64u(await derive.offerMac(ck, offerDigest))).toBe(one.offerMac);
      expect(b64u(await derive.submissionMac(ck, await derive.sha256(one.submission)))).toBe(one.submissionMac);
      const fingerprints = await Promise.all([one.d, one.e, one.es, one.pinKey].map((pair) => derive.fingerprint(bytes(pair.point))));
      expect(fingerprints).toContain(one.fingerprint);
    });

    test("agrees on Z, h, K and W", async () => {
      const z = await derive.agree(await ecdh(one.e), bytes(one.es.point));
      const h = await derive.transcript(bytes(one.offerDigest), bytes(one.d.point), bytes(one.e.point));
      expect(b64u(z)).toBe(one.z);
      expect(b64u(h)).toBe(one.h);
      expect(b64u(await derive.ocraKey(z, h, binding))).toBe(one.k);
      expect(b64u(await derive.wrapKey(z, h, binding))).toBe(one.w);
    });

    test("makes the verifiers and wraps them", async () => {
      const kp = await derive.hmacKey(bytes(one.kp));
      expect(derive.normalisePin(one.pinTyped)).toBe(one.pin);
      const vpin = await derive.pinVerifier(kp, one.pin, binding);
      expect(b64u(vpin)).toBe(one.vpin);
      const vprf = one.prf === undefined ? undefined : await derive.prfVerifier(kp, bytes(one.prf), binding);
      expect(vprf && b64u(vprf)).toBe(one.vprf);
      expect(b64u(await derive.prfSalt(binding))).toBe(one.prfSalt);
      const wrap = bytes(one.wrap);
      expect(await derive.wrapVerifiers(bytes(one.w), vpin, vprf, wrap.slice(0, 12))).toEqual(wrap);
      const plain = new Uint8Array(64);
      plain.set(vpin);
      plain.set(vprf ?? new Uint8Array(32), 32);
      expect(await derive.openGcm(bytes(one.w), wrap)).toEqual(plain);
    });

    test("proves the PIN and seals the proof", async () => {
      const digest = await derive.sha256(one.decision);
      const proof = await derive.provePin(bytes(one.vpin), digest);
      expect(b64u(proof)).toBe(one.pinProof);
      const open = async (sealed: { readonly epk: string; readonly ct: string }): Promise<string> => {
        const zp = await derive.agree(await ecdh(one.pinKey), bytes(sealed.epk));
        return b64u(await derive.openGcm(await derive.pinSealKey(zp, digest, binding), bytes(sealed.ct)));
      };
      expect(await open(one.sealedProof)).toBe(one.pinProof);
      expect(await open(await derive.sealPinProof(bytes(one.pinKey.point), digest, proof, binding))).toBe(one.pinProof);
      for (const sealed of one.sealedRefused) await expect(open(sealed)).rejects.toThrow();
      expect(b64u(await derive.assertionChallenge(one.decision))).toBe(one.assertionChallenge);
    });

    test.each(one.wrapRefused)("does not open a damaged wrap: %s", async (wrap) => {
      const opened = derive.openGcm(bytes(one.w), bytes(wrap)).then((plain) => {
        if (plain.length !== 64) throw new Error("not two verifiers");
      });
      await expect(opened).rejects.toThrow();
    });
  });
});

interface JwsCase {
  readonly why: string;
  readonly jws: string;
  readonly key: string;
  readonly typ: ServerTyp | PhoneTyp;
  readonly aud: string;
  readonly accept: boolean;
  readonly digest?: string;
}

describe("jws.json", () => {
  const read = { "nodkey-offer+jws": readOffer, "nodkey-receipt+jws": readReceipt, "nodkey-statement+jws": readStatement };

  test.each(cases<JwsCase>("jws.json"))("$why", async (one) => {
    const reader = read[one.typ as ServerTyp];
    expect(reader).toBeDefined();
    const reading = verify(one.jws, one.typ, [one.key], { aud: one.aud }).then((payload) => reader(payload));
    if (one.accept) {
      await expect(reading).resolves.toBeDefined();
      expect(await digestName(one.jws)).toBe(one.digest);
    } else {
      await expect(reading).rejects.toThrow();
    }
  });
});

interface PinCase {
  readonly why: string;
  readonly pin: string;
  readonly names?: readonly string[];
  readonly faults: readonly PinFault[];
}

describe("pins.json", () => {
  test.each(cases<PinCase>("pins.json"))("$why", (one) => {
    expect(pinFaults(one.pin, one.names ?? [])).toEqual(one.faults);
  });
});

test("bytes have one spelling in base64url", () => {
  for (let n = 0; n < 70; n++) {
    const bytes = crypto.getRandomValues(new Uint8Array(n));
    expect(fromB64u(b64u(bytes))).toEqual(bytes);
    expect(b64u(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
  }
  for (const bad of ["A", "AB", "AA=", "AA==", "A+", "A/", "AAA B", "é", "AAB"]) expect(() => fromB64u(bad)).toThrow(SyntaxError);
  expect(utf8("ß")).toEqual(new Uint8Array([0xc3, 0x9f]));
});
