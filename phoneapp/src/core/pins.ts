// The PIN guidelines (docs/protocol.md §6.1), checked on the phone because the server never sees a PIN.

import commonText from "../../../wire/common-pins.txt";
import type { PinFault } from "./contract";

const common = new Set(commonText.split("\n").map((line) => line.trim()).filter((line) => line !== ""));

/** The guidelines that a PIN breaks, in the order in which they are told. The PIN is in NFKC; names are the user's. */
export function pinFaults(pin: string, names: readonly string[]): PinFault[] {
  const faults: PinFault[] = [];
  const add = (broken: boolean, fault: PinFault): void => {
    if (broken) faults.push(fault);
  };
  const characters = Array.from(pin);
  add(characters.length < 4 || characters.length > 6, "length");
  add(/[^\u0021-\u007e]/.test(pin), "character");
  if (faults.length > 0) return faults; // the others speak of PINs that could be one
  const lower = pin.toLowerCase();
  add(stepsBy(lower, 0), "alike");
  add(stepsBy(pin, 1) || stepsBy(pin, -1), "run");
  add(names.some((name) => holdsName(lower, name.toLowerCase())), "name");
  add(isDate(pin), "date");
  add(common.has(lower), "common");
  return faults;
}

function stepsBy(pin: string, step: number): boolean {
  for (let i = 1; i < pin.length; i++) if (pin.charCodeAt(i) - pin.charCodeAt(i - 1) !== step) return false;
  return true;
}

/** True when the PIN is part of the name, or holds a word of three letters or more of it. */
function holdsName(pin: string, name: string): boolean {
  return name.includes(pin) || name.split(/[^a-z]+/).some((word) => word.length >= 3 && pin.includes(word));
}

function isDate(pin: string): boolean {
  if (!/^(?:\d{4}|\d{6})$/.test(pin)) return false;
  const [a, b, c] = [0, 2, 4].map((i) => Number(pin.slice(i, i + 2) || "0")) as [number, number, number];
  const day = (n: number): boolean => n >= 1 && n <= 31;
  const month = (n: number): boolean => n >= 1 && n <= 12;
  if ((day(a) && month(b)) || (month(a) && day(b))) return true;
  return pin.length === 4 ? a === 19 || a === 20 : month(b) && day(c);
}
