import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Bar, Screen } from "../ui/screen";
import { shownName } from "./names";
import { useWords } from "./words";

/** The order of the users, by buttons: nothing to drag, so keyboard, reader and thumb do the same. */
export function Arrange(): JSX.Element {
  const { texts, nav, core, fail } = useApp();
  const words = useWords();
  const users = useCore(["users"], (c) => c.users());
  /** What was asked for and is not stored yet. */
  const [wanted, setWanted] = useState<readonly string[] | undefined>();
  const [said, say] = useState("");
  const focus = useRef<string | undefined>(undefined);
  const storing = useRef(Promise.resolve());
  const place = new Map(wanted?.map((keyId, i) => [keyId, i]));
  const order = [...users].sort((a, b) => (place.get(a.keyId) ?? place.size) - (place.get(b.keyId) ?? place.size));

  // A row that moves takes the pressed button with it, which loses the focus in doing so.
  useLayoutEffect(() => {
    if (focus.current !== undefined) document.getElementById(focus.current)?.focus();
    focus.current = undefined;
  });
  const move = (from: number, to: number, id: string): void => {
    const user = order[from];
    if (user === undefined) return;
    const Name = shownName(user);
    if (to < 0 || to >= order.length) {
      say(texts.t(to < 0 ? "arrange.first" : "arrange.last", { Name }));
      return;
    }
    const next = order.map(({ keyId }) => keyId);
    next.splice(to, 0, ...next.splice(from, 1));
    focus.current = id;
    setWanted(next);
    say(texts.t("arrange.moved", { Name, Place: to + 1, Of: order.length }));
    storing.current = storing.current.then(() => core.reorder(next)).catch((fault: unknown) => {
      setWanted(undefined);
      fail(fault, "other");
    });
  };
  return (
    <Screen
      bar={<Bar title={texts.t("users.title")} />} title={texts.t("arrange.title")} lead={texts.t("arrange.lead")}
      actions={<Button id="done" capitals={words.android} onClick={() => nav.back()}>{words.done}</Button>}
    >
      <ol class="sheet rows-sheet arrange">
        {order.map((user, i) => {
          const Name = shownName(user);
          const [up, down] = [`up-${user.keyId}`, `down-${user.keyId}`];
          return (
            <li class="row" key={user.keyId} data-key={user.keyId}>
              <span class="row-text">
                <span class="row-title"><bdi>{Name}</bdi></span>
                <span class="row-second"><bdi>{user.name}</bdi></span>
              </span>
              <span class="row-side">
                <button
                  type="button" class="button-icon arrange-up" id={up} aria-disabled={i === 0 ? "true" : undefined}
                  aria-label={texts.t("arrange.up", { Name })} onClick={() => move(i, i - 1, up)}
                >
                  <Icon name="chevron" />
                </button>
                <button
                  type="button" class="button-icon arrange-down" id={down} aria-disabled={i === order.length - 1 ? "true" : undefined}
                  aria-label={texts.t("arrange.down", { Name })} onClick={() => move(i, i + 1, down)}
                >
                  <Icon name="chevron" />
                </button>
              </span>
            </li>
          );
        })}
      </ol>
      <p class="spoken" role="status">{said}</p>
    </Screen>
  );
}
