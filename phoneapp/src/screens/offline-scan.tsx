import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isElsewhere, isStatementText, parseLink } from "../core/codes";
import { PhoneFault, type OfflineRequest } from "../core/contract";
import { useApp } from "../ui/app-context";
import { faultSentence } from "./faults";
import { foreignSentence } from "./foreign";
import { OfflineBar } from "./offline-code";
import { useOpenSubject, useTypeDigits } from "./offline-way";
import { ScanScreen, type Note } from "./scan-screen";

/** So long the server may take to say whether the request is open there; then it is answered without it. */
const askMs = 4000;

/** The camera reads the signed request of a sign-in. */
export function OfflineScan(): JSX.Element {
  const { texts, nav, draft, core, fail } = useApp();
  const open = useOpenSubject();
  const type = useTypeDigits();
  const left = useRef(false);
  useEffect(() => () => {
    left.current = true;
  }, []);

  const go = async (request: OfflineRequest): Promise<void> => {
    // With a connection it is an approval like any other, which no notification had to announce.
    if (core.online) await Promise.race([core.refresh().catch(() => undefined), new Promise((done) => setTimeout(done, askMs))]);
    if (left.current) return;
    const there = core.online && core.approvals().some(({ id, keyId }) => id === request.id && keyId === request.keyId);
    if (!there) {
      open({ request }, true);
      return;
    }
    draft.number = "";
    nav.replace({ screen: "approval", id: request.id });
  };

  const read = (text: string): Note | Promise<Note | undefined> => {
    if (isStatementText(text)) {
      return core.codes.read(text).then(
        async (request) => {
          await go(request);
          return undefined;
        },
        (fault: unknown) => {
          if (fault instanceof PhoneFault) return { title: faultSentence(texts, fault.key, fault.args), error: fault.key };
          fail(fault, "other");
          return undefined;
        },
      );
    }
    if (isActivation(text)) {
      const next = texts.t("offline_way.scan.activation.next", { Page: texts.t("users.title"), Add: texts.t("users.add") });
      return { title: texts.t("offline_way.scan.activation"), text: next };
    }
    return { title: texts.t("scan.other"), text: texts.t(foreignSentence(text)) };
  };

  return <ScanScreen bar={<OfflineBar />} type={texts.t("offline_way.type")} onType={() => type(true)} read={read} />;
}

/** A link that activates a phone, whole or damaged, of this server; another's is no code of ours here either. */
function isActivation(text: string): boolean {
  if (isElsewhere(text, location.origin)) return false;
  try {
    parseLink(text, location.origin);
    return true;
  } catch (cause) {
    return cause instanceof PhoneFault && cause.key === "code.group";
  }
}
