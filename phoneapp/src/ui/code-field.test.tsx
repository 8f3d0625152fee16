// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { describe, expect, test } from "vitest";
import { formatCode } from "../core/codes";
import { stage, type Stage } from "../screens/stage";
import { readPasted } from "./code-field";

const groups = formatCode("7K29QX4VHR3TW5Z");
const code = groups.join("");
const fingerprint = "AAAAAAAAAAAAAAAAAAAAAA";
const link = `https://phone.aldermere.example/a#c=${code}&f=${fingerprint}`;
/** Full-width, as an input method for Japanese writes it. */
const wide = (text: string): string => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));

describe("what was copied", () => {
  test.each([
    code, code.toLowerCase(), groups.join("-"), groups.join(" "), groups.join("\n"), ` ${groups.join(" – ")} `, wide(code), wide(groups.join("-")),
    `Session ID: ${groups.join("-")}`, `Ihr Aktivierungscode lautet ${groups.join(" ")}, gültig 10 Minuten`, `有効化コード：${wide(groups.join("-"))}（10分間有効）`,
  ])("is taken in any writing: %j", (text) => expect(readPasted(text)).toEqual({ code, fingerprint: undefined }));

  test.each([link, `  ${link}\n`, `Open this on your phone: ${link} (10 minutes)`, link.replace(code, code.toLowerCase())])(
    "is taken as a link: %j",
    (text) => expect(readPasted(text)).toEqual({ code, fingerprint }),
  );

  test("that is another server's link holds nothing, among other words, too", () => {
    expect(readPasted(`Look: ${link.replace("aldermere", "evil")}`)).toEqual({ code: "", fingerprint: undefined });
  });

  test("with a typing mistake stays as it is, so that the group can be named", () => {
    const wrong = code.replace("7K2", "7K3");
    expect(readPasted(wrong).code).toBe(wrong);
  });
});

describe("typing", () => {
  const value = (on: Stage, group: number): string => (on.get(`#code-group-${group}`) as HTMLInputElement).value;
  const input = async (on: Stage, text: string, isComposing: boolean): Promise<void> => {
    const box = on.get("#code-group-1") as HTMLInputElement;
    await on.change(() => {
      box.value = text;
      box.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing }));
    });
  };

  test("full-width letters are the same letters", async () => {
    const on = await stage({ route: { screen: "code" } });
    await on.type("#code-group-1", wide((groups[0] ?? "").toLowerCase()));
    expect(value(on, 1)).toBe(groups[0]);
  });

  test("an input method at work is left alone until it is done", async () => {
    const on = await stage({ route: { screen: "code" } });
    const written = wide((groups[0] ?? "").toLowerCase());
    await input(on, written.slice(0, 2), true);
    expect(value(on, 1)).toBe(written.slice(0, 2));
    await input(on, written, true);
    expect(on.draft.groups[0]).toBe("");
    await on.change(() => on.get("#code-group-1").dispatchEvent(new CompositionEvent("compositionend", { bubbles: true })));
    expect(value(on, 1)).toBe(groups[0]);
    expect(document.activeElement?.id).toBe("code-group-2");
  });

  test("a keyboard that guesses words writes ASCII all the while, and the groups fill as one types", async () => {
    const on = await stage({ route: { screen: "code" } });
    await input(on, groups[0] ?? "", true);
    expect(on.draft.groups[0]).toBe(groups[0]);
    expect(document.activeElement?.id).toBe("code-group-2");
  });

  test("the keyboard is told what comes next", async () => {
    const on = await stage({ route: { screen: "code" } });
    const told = [1, 5].map((group) => ["enterkeyhint", "autocapitalize", "autocorrect"].map((name) => on.get(`#code-group-${group}`).getAttribute(name)));
    expect(told).toEqual([["next", "characters", "off"], ["go", "characters", "off"]]);
  });
});
