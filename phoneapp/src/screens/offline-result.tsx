import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { OfflineSubject } from "../core/contract";
import { useApp, useNow, type MadeCode } from "../ui/app-context";
import { Button } from "../ui/button";
import { Countdown } from "../ui/countdown";
import { Screen } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { OfflineBar, Six } from "./offline-code";
import { digitsOf } from "./offline-way";
import { useWords } from "./words";

/** Eight digits for the page. They stay until they are done with, and are gone with the screen. */
export function OfflineResult({ subject, made }: { subject: OfflineSubject; made: MadeCode }): JSX.Element {
  const { texts, nav, draft, finish } = useApp();
  const words = useWords();
  useEffect(() => () => {
    draft.answer = undefined;
  }, [draft]);
  const { code } = made;
  const request = "request" in subject ? subject.request : undefined;
  return (
    <Screen
      bar={<OfflineBar />} title={texts.t("offline_way.result.title")} lead={texts.rich("offline_way.result.lead", { Digits: <Six digits={digitsOf(subject)} /> })}
      actions={
        <>
          <Button id="done" capitals={words.android} onClick={finish}>{words.done}</Button>
          <Button id="other-digits" kind="text" onClick={() => nav.reset({ screen: "offline-code" })}>{texts.t("offline_way.result.other")}</Button>
        </>
      }
    >
      <div class="digits-panel" role="group" aria-label={texts.t("offline_way.result.label")}>
        <span class="spoken">{Array.from(code).join(" ")}</span>
        <span class="digits" id="code" aria-hidden="true"><span>{code.slice(0, 4)}</span><span>{code.slice(4)}</span></span>
        {request !== undefined && !request.late && <Left from={request.issuedAt} to={request.expiresAt} />}
      </div>
      <Parts
        parts={[
          { icon: "shield-check", text: texts.t("offline_way.result.only") },
          ...(made.by === "pin" ? [{ icon: "info" as const, text: texts.t("offline_way.result.refused") }] : []),
          ...(request === undefined ? [{ icon: "qr" as const, text: texts.t("offline_way.result.typed") }] : []),
        ]}
      />
    </Screen>
  );
}

/** How long the page takes the code, as far as this phone's clock can tell. */
function Left({ from, to }: { from: number; to: number }): JSX.Element {
  const { texts } = useApp();
  const now = useNow();
  if (to <= now) return <p class="digits-left digits-over" role="status">{texts.t("offline_way.result.over")}</p>;
  return <div class="digits-left">{texts.rich("offline_way.result.left", { Time: <Countdown from={from} to={to} /> })}</div>;
}
