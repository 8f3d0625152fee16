// The German sentences, a chunk of their own.
import errors from "../../i18n/errors.de.json";
import phone from "../../i18n/phone.de.json";
import time from "../../i18n/time.de.json";
import type { Catalogue } from "./i18n";

const catalogue: Catalogue = { ...time, ...phone, ...errors };
export default catalogue;
