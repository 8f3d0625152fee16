import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Result } from "../ui/result";
import { Bar } from "../ui/screen";
import { Working } from "./working";
import { useWords } from "./words";

/** A link was opened: its code is looked up. */
export function Looking(): JSX.Element {
  const { texts, nav, draft, core, fail } = useApp();
  const words = useWords();
  useEffect(() => {
    let gone = false;
    core.lookup(draft.groups.join(""), draft.fingerprint).then(
      (offer) => {
        if (gone) return;
        draft.offer = offer;
        nav.replace({ screen: "offer" });
      },
      (fault: unknown) => {
        if (!gone) fail(fault, "activation");
      },
    );
    return () => {
      gone = true;
    };
  }, [core, draft, fail, nav]);
  return (
    <Result ring="waiting" bar={<Bar title={words.register} capitals={words.android} />} title={texts.t("looking.title")} actions={undefined}>
      <Working busy text={texts.t("scan.found")} />
    </Result>
  );
}
