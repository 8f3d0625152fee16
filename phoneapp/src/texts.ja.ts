// The Japanese sentences, a chunk of their own.
import errors from "../../i18n/errors.ja.json";
import phone from "../../i18n/phone.ja.json";
import time from "../../i18n/time.ja.json";
import type { Catalogue } from "./i18n";

const catalogue: Catalogue = { ...time, ...phone, ...errors };
export default catalogue;
