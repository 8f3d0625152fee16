import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isElsewhere, isStatementText, parseLink } from "../core/codes";
import { PhoneFault } from "../core/contract";
import { useApp } from "../ui/app-context";
import { cutCode } from "../ui/code-field";
import { StepBar } from "../ui/screen";
import { foreignSentence } from "./foreign";
import { ScanScreen, type Note } from "./scan-screen";
import { useWords } from "./words";

/** The camera reads the code of an activation. */
export function Scan(): JSX.Element {
  const { texts, nav, draft, core, fail } = useApp();
  const words = useWords();
  const left = useRef(false);
  useEffect(() => () => {
    left.current = true;
  }, []);

  const read = (text: string): Note | Promise<undefined> => {
    let link;
    try {
      link = parseLink(text, location.origin);
    } catch (cause) {
      if (isElsewhere(text, location.origin)) return { title: texts.t("scan.elsewhere") };
      if (cause instanceof PhoneFault && cause.key === "code.group") return { title: texts.t("scan.damaged") };
      if (!isStatementText(text)) return { title: texts.t("scan.other"), text: texts.t(foreignSentence(text)) };
      const next = core.users().length === 0 ? texts.t("scan.statement.first") : texts.t("scan.statement.next", { Row: texts.t("home.offline_code") });
      return { title: texts.t("scan.statement"), text: next };
    }
    draft.groups = cutCode(link.code);
    draft.fingerprint = link.fingerprint;
    return core.lookup(link.code, link.fingerprint).then(
      (offer) => {
        if (left.current) return undefined;
        draft.offer = offer;
        nav.replace({ screen: "offer" });
        return undefined;
      },
      (cause: unknown) => {
        if (!left.current) fail(cause, "activation");
        return undefined;
      },
    );
  };

  return (
    <ScanScreen
      bar={<StepBar title={words.camera} capitals={words.android} step={1} />} type={texts.t("scan.type")} onType={() => nav.back()}
      onHelp={() => nav.go({ screen: "camera-help" })} read={read}
    />
  );
}
