// The shop of docs/doors/oidc.md: npm's openid-client, driven line by line. The first line says {issuer, client_id, redirect_uri, key, alg},
// key being its private JWK; each further one {do: "begin", scope, extra, push}, {do: "end", url} or {do: "refresh" | "userinfo" | "revoke" | "introspect"}.
// Each answer goes out as a line of JSON: what came, or {error} with the code of an OAuth error or the message.
import { webcrypto as crypto } from "node:crypto";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { issuer, client_id, redirect_uri, key, alg } = JSON.parse((await lines.next()).value);
const { kid, ...jwk } = key;
const signing = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const config = await client.discovery(new URL(issuer), client_id, { id_token_signed_response_alg: alg }, client.PrivateKeyJwt({ key: signing, kid }));
let verifier, state, nonce, tokens, claims;

const deeds = {
  async begin({ scope, extra, push }) {
    verifier = client.randomPKCECodeVerifier();
    [state, nonce] = [client.randomState(), client.randomNonce()];
    const parameters = { redirect_uri, scope, state, nonce, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...extra };
    return { url: (push ? await client.buildAuthorizationUrlWithPAR(config, parameters) : client.buildAuthorizationUrl(config, parameters)).href };
  },
  async end({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
    claims = tokens.claims();
    return { claims, refresh: Boolean(tokens.refresh_token) };
  },
  async refresh() {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token);
    return { claims: tokens.claims() };
  },
  userinfo: () => client.fetchUserInfo(config, tokens.access_token, claims.sub),
  introspect: () => client.tokenIntrospection(config, tokens.access_token),
  revoke: async () => (await client.tokenRevocation(config, tokens.refresh_token), {}),
};

process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of lines) {
  const asked = JSON.parse(line);
  const answer = await deeds[asked.do](asked).catch((e) => ({ error: e.error ?? e.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
