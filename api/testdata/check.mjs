// Checks api/openapi.json and values against its schemas, by validators of other people's. Standard input is
// {"spec": …, "values": [{"schema": "Approval", "what": "…", "value": …}, …]}; what is wrong goes to standard output, a line each.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

const { spec, values } = JSON.parse(readFileSync(0, "utf8"));
const checked = await new Validator().validate(JSON.parse(JSON.stringify(spec))); // a copy, as it may resolve what is in it
if (!checked.valid) console.log("openapi.json is no OpenAPI 3.1: " + JSON.stringify(checked.errors));
if (spec.openapi !== "3.1.0") console.log("openapi.json is of another version: " + spec.openapi);

const ajv = new Ajv2020({ strict: true, strictRequired: true, allErrors: true });
formats.default(ajv);
// What OpenAPI's references call #/components/schemas/X is here a document of its own.
ajv.addSchema({ $id: "https://nodkey.test/openapi", components: { schemas: spec.components.schemas } });
ajv.addKeyword("components");
const pointer = (name) => ajv.getSchema("https://nodkey.test/openapi#/components/schemas/" + name);
for (const { schema, what, value } of values) {
  const check = pointer(schema);
  if (!check) console.log(`${what}: there is no schema ${schema}`);
  else if (!check(value)) console.log(`${what} is no ${schema}: ${ajv.errorsText(check.errors)}`);
}
