// A product behind the Universal Prompt, after the example of Duo's own client for Node: a page that has checked name and password
// (here it believes the name), the way to the prompt, and the way back. The first line of standard input says {ikey, skey, host, root,
// port}; the product then answers at http://localhost:port. The client only believes Duo's certificates, so its agent is given the test's.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { Client } from "@duosecurity/duo_universal";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { ikey, skey, host, root, port } = JSON.parse((await lines.next()).value);
const redirectUrl = `http://localhost:${port}/duo-callback`;
const client = new Client({ clientId: ikey, clientSecret: skey, apiHost: host, redirectUrl });
client.axios.defaults.httpsAgent = new https.Agent({ ca: readFileSync(root, "utf8") });

const begun = new Map(); // state to user name; a real product keeps it in its session
async function answer(url) {
  if (url.pathname === "/login") {
    await client.healthCheck();
    const state = client.generateState();
    begun.set(state, url.searchParams.get("user"));
    return { location: await client.createAuthUrl(url.searchParams.get("user"), state) };
  }
  const state = url.searchParams.get("state");
  const user = begun.get(state);
  begun.delete(state);
  if (user === undefined) return { text: "Another state came back." };
  if (url.searchParams.has("error")) return { text: `Not signed in: ${url.searchParams.get("error")}` };
  const token = await client.exchangeAuthorizationCodeFor2FAResult(url.searchParams.get("duo_code"), user);
  return { text: `Hello ${token.preferred_username}: ${token.auth_result.result} by ${token.auth_context.factor}` };
}

http
  .createServer((request, response) => {
    answer(new URL(request.url, redirectUrl)).then(
      ({ location, text }) => {
        response.writeHead(location ? 302 : 200, { "Content-Type": "text/plain", ...(location && { Location: location }) });
        response.end(text);
      },
      (error) => {
        response.writeHead(500, { "Content-Type": "text/plain" });
        response.end(`The client refuses: ${error.message}`);
      },
    );
  })
  .listen(port, "localhost", () => console.log("listening"));
for await (const _ of lines) void _; // until standard input ends
process.exit(0);
