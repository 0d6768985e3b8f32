import {readFileSync} from "node:fs";
import {Ajv2020} from "ajv/dist/2020.js";

const schema = JSON.parse(readFileSync(new URL("../../data/schemas/analyse.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(schema);

/** What the schema of `analyse`'s JSON has against a text; empty when nothing. */
export function schemaErrors(text: string): string[] {
  return validate(JSON.parse(text)) ? [] : validate.errors!.map((e) => `${e.instancePath} ${e.message}`);
}
