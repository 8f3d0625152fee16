// The platform authenticator: fingerprint or face (WebAuthn Level 3), with the PRF extension where the phone has it.

import { b64u, fromB64u, random, type Bytes } from "./bytes";
import { PhoneFault } from "./contract";

/** What a new credential gives; byte strings as base64url, as the wire has them. */
export interface NewCredential {
  readonly registration: { readonly id: string; readonly attestationObject: string; readonly clientDataJSON: string };
  /** The PRF output for the salt asked with, 32 bytes. */
  readonly prf?: Bytes;
}

/** A signature by a credential over a challenge; byte strings as base64url. */
export interface Assertion {
  readonly id: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** The person's wish for a credential, from the offer. */
export interface CredentialWish {
  readonly rpId: string;
  readonly rpName: string;
  readonly userHandle: string;
  readonly userName: string;
  readonly displayName: string;
  readonly challenge: string;
  readonly prfSalt: Bytes;
}

/** Throws PhoneFault biometric.cancelled (the person, or nobody in time) or biometric.failed. */
export interface Authenticator {
  available(): Promise<boolean>;
  create(wish: CredentialWish): Promise<NewCredential>;
  assert(rpId: string, credential: string, challenge: Bytes): Promise<Assertion>;
  /** The credential's PRF output for a salt, 32 bytes; needs no server. biometric.failed when it has none. */
  evaluate(rpId: string, credential: string, salt: Bytes): Promise<Bytes>;
}

/** How long the browser's own dialogue may take, milliseconds. */
const timeout = 60_000;

/** The authenticator built into this device, through the browser. */
export const platformAuthenticator: Authenticator = {
  async available() {
    // A credential is bound to a name, never to an address (WebAuthn Level 3 §5.1.3): `nodkey demo --lan` may have no name.
    if (typeof PublicKeyCredential === "undefined" || isAddress(location.hostname)) return false;
    return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
  },

  async create(wish) {
    const credential = await asked(() =>
      navigator.credentials.create({
        publicKey: {
          rp: { id: wish.rpId, name: wish.rpName },
          user: { id: fromB64u(wish.userHandle), name: wish.userName, displayName: wish.displayName },
          challenge: fromB64u(wish.challenge),
          // ES256 first; RS256 for Windows Hello.
          pubKeyCredParams: [
            { type: "public-key", alg: -7 },
            { type: "public-key", alg: -257 },
          ],
          authenticatorSelection: {
            authenticatorAttachment: "platform",
            userVerification: "required",
            residentKey: "discouraged",
            requireResidentKey: false,
          },
          attestation: "none",
          timeout,
          extensions: { prf: { eval: { first: wish.prfSalt } } },
        },
      }),
    );
    if (!(credential.response instanceof AuthenticatorAttestationResponse)) throw new PhoneFault("biometric.failed");
    const registration = {
      id: b64u(credential.rawId),
      attestationObject: b64u(credential.response.attestationObject),
      clientDataJSON: b64u(credential.response.clientDataJSON),
    };
    const { prf } = credential.getClientExtensionResults();
    const first = prf?.results?.first ?? (prf?.enabled === true ? await evaluate(wish.rpId, registration.id, wish.prfSalt).catch(() => undefined) : undefined);
    return first ? { registration, prf: copied(first) } : { registration };
  },

  async assert(rpId, id, challenge) {
    const credential = await asked(() => navigator.credentials.get({ publicKey: request(rpId, id, challenge) }));
    const { response } = credential;
    if (!(response instanceof AuthenticatorAssertionResponse)) throw new PhoneFault("biometric.failed");
    return {
      id: b64u(credential.rawId),
      authenticatorData: b64u(response.authenticatorData),
      clientDataJSON: b64u(response.clientDataJSON),
      signature: b64u(response.signature),
    };
  },

  async evaluate(rpId, credential, salt) {
    const first = await evaluate(rpId, credential, salt);
    if (first === undefined) throw new PhoneFault("biometric.failed");
    return copied(first);
  },
};

/** Many authenticators evaluate the PRF only when signing, over whatever challenge. undefined when they do not even then. */
async function evaluate(rpId: string, id: string, salt: Bytes): Promise<BufferSource | undefined> {
  const options = request(rpId, id, random(32));
  options.extensions = { prf: { eval: { first: salt } } };
  const credential = await asked(() => navigator.credentials.get({ publicKey: options }));
  return credential.getClientExtensionResults().prf?.results?.first;
}

function request(rpId: string, id: string, challenge: Bytes): PublicKeyCredentialRequestOptions {
  return {
    rpId,
    challenge,
    allowCredentials: [{ type: "public-key", id: fromB64u(id), transports: ["internal"] }],
    userVerification: "required",
    timeout,
  };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : "";
    const cancelled = name === "NotAllowedError" || name === "AbortError";
    throw new PhoneFault(cancelled ? "biometric.cancelled" : "biometric.failed", {}, { cause });
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PhoneFault("biometric.failed");
  return credential;
}

function copied(source: BufferSource): Bytes {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
}

/** Tells an IP address, as the URL standard writes it, from a host name. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}
