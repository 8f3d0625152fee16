// Reads a Web Push message with an implementation that is not ours (http_ece, RFC 8188 and 8291): {body, privateKey, auth} come
// in as JSON, each base64url, and the plaintext goes out.
import { createECDH } from "node:crypto";
import { text } from "node:stream/consumers";
import ece from "http_ece";

const { body, privateKey, auth } = JSON.parse(await text(process.stdin));
const phone = createECDH("prime256v1");
phone.setPrivateKey(privateKey, "base64url");
process.stdout.write(ece.decrypt(Buffer.from(body, "base64url"), { version: "aes128gcm", privateKey: phone, authSecret: auth }));
