import type { JSX } from "preact";
import { emptyDraft, useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Result } from "../ui/result";
import { Bar } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { explainFault } from "./faults";
import { useWords } from "./words";

/** What happened, what is safe, what to do now. */
export function Fault(): JSX.Element | null {
  const { texts, nav, draft, finish } = useApp();
  const words = useWords();
  const trouble = draft.trouble;
  if (trouble === undefined) return null;
  const { ServiceDesk: desk, Reference: reference } = trouble.args;
  const said = explainFault(texts, trouble.key, trouble.args);
  const deeds = {
    retry: { label: texts.t("fault.retry"), go: () => nav.back() },
    code: {
      label: texts.t(words.android ? "fault.code.android" : "fault.code.ios"),
      go: () => {
        Object.assign(draft, emptyDraft());
        nav.reset({ screen: "code" }) // going back from there leads home and not to the code that failed;
      },
    },
    home: { label: texts.t("fault.home"), go: finish },
  };
  const deed = deeds[trouble.during === "activation" || said.step !== "code" ? said.step : "home"];
  return (
    <Result
      ring="stopped" centred={false} error={trouble.key} title={said.title}
      bar={<Bar {...(trouble.during === "activation" ? { title: words.register, capitals: words.android } : {})} />}
      actions={
        <>
          <Button id="next" onClick={deed.go}>{deed.label}</Button>
          {said.stranger && <Button id="not-me" kind="no" onClick={() => nav.go({ screen: "undo" })}>{texts.t("fault.notme")}</Button>}
        </>
      }
    >
      <Parts
        parts={[
          { icon: "clock", title: texts.t("fault.happened"), text: said.happened },
          { icon: "shield-check", title: texts.t("fault.safe"), text: said.safe },
          { icon: "door", title: texts.t("fault.next"), text: said.next },
        ]}
      />
      {desk !== undefined && desk !== "" && <p class="screen-status">{texts.t("fault.desk", { Desk: desk })}</p>}
      {reference !== undefined && (
        <p class="second small screen-status">{texts.rich("fault.reference", { Reference: <span class="mono">{reference}</span> })}</p>
      )}
    </Result>
  );
}
