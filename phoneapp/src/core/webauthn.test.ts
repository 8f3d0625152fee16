import { expect, test } from "vitest";
import { isAddress } from "./webauthn";

test.each(["192.168.1.20", "127.0.0.1", "[::1]", "[2001:db8::1]"])("%s is an address: no fingerprint can be bound to it", (host) => {
  expect(isAddress(host)).toBe(true);
});

test.each(["phone.example.com", "phone.nodkey.localhost", "localhost", "pc.local", "1.2.3.example", "10.example"])("%s is a name", (host) => {
  expect(isAddress(host)).toBe(false);
});
