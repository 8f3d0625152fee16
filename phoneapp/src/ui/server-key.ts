// A P-256 point as the phone protocol carries it (65 bytes, base64url), in the two other forms that people meet.

/** SubjectPublicKeyInfo of an uncompressed P-256 point up to the point itself (RFC 5480 §2). */
const prefix = [
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
  0x03, 0x42, 0x00,
];

function bytes(base64url: string): number[] {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Array.from(text, (c) => c.charCodeAt(0));
}

/** The key as DER, which the seal is drawn from. */
export function publicKeyDER(point: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...prefix, ...bytes(point)]);
}

/** First 16 bytes of SHA-256 over the point, as the activation link carries them; in hex, eight groups of four, to compare by eye. */
export async function fingerprint(point: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes(point))));
  const hex = Array.from(digest.subarray(0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
  return (hex.match(/.{4}/g) ?? []).join(" ");
}
