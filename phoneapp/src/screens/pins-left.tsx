import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Result } from "../ui/result";
import { LinkRow } from "../ui/surfaces";
import { shownName } from "./names";

/** Some users still have the old PIN, or another one: who they are, and the way to change theirs. */
export function PinsLeft(): JSX.Element | null {
  const { texts, nav, draft } = useApp();
  const { pinsLeft } = draft;
  const left = useCore(["users"], (core) => core.users().filter(({ keyId }) => pinsLeft?.keyIds.includes(keyId)));
  if (pinsLeft === undefined) return null;
  const change = (keyId: string): void => {
    // The one that was chosen comes first: it decides whether the PIN typed is right.
    draft.pinKeys = [keyId, ...left.map((user) => user.keyId).filter((other) => other !== keyId)];
    nav.replace({ screen: "change-pin", keyId });
  };
  const first = left[0];
  return (
    <Result
      ring="waiting" centred={false} error="pins.left" title={texts.t("pins_left.title", { Count: left.length })}
      lead={texts.t("pins_left.lead", { Count: pinsLeft.changed })}
      actions={
        <>
          {first !== undefined && <Button id="change" onClick={() => change(first.keyId)}>{texts.t("pins_left.change")}</Button>}
          <Button id="done" kind="text" onClick={() => nav.back()}>{texts.t("pins_left.later")}</Button>
        </>
      }
    >
      <div class="sheet rows-sheet">
        {left.map((user) => (
          <LinkRow key={user.keyId} title={<bdi>{shownName(user)}</bdi>} second={<bdi>{user.name}</bdi>} onClick={() => change(user.keyId)} />
        ))}
      </div>
      <p class="second small screen-status">{texts.t("pins_left.why")}</p>
    </Result>
  );
}
