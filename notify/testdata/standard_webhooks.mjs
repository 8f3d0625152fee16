// Verifies a message with the package of Standard Webhooks itself. Standard input has {"secret","headers","body"} in JSON;
// the payload is printed, and the exit code is 1 for a message that does not verify.
import { Webhook } from "standardwebhooks";
import { text } from "node:stream/consumers";

const { secret, headers, body } = JSON.parse(await text(process.stdin));
try {
  process.stdout.write(JSON.stringify(new Webhook(secret).verify(body, headers)));
} catch (error) {
  process.stderr.write(String(error));
  process.exitCode = 1;
}
