import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Chip, Parts, Row } from "../ui/surfaces";
import { StateChip } from "./home";
import { initialOf, shownName } from "./names";
import { answering, useTypeDigits } from "./offline-way";

/** The bar of the whole way. */
export function OfflineBar(): JSX.Element {
  const { texts } = useApp();
  return <Bar right={<Chip kind="past" icon="wifi-off">{texts.t("offline_way.chip")}</Chip>} />;
}

/** Six digits of the page, in two halves that stay together; read out one by one. */
export function Six({ digits }: { digits: string }): JSX.Element {
  return (
    <strong>
      <span class="spoken">{Array.from(digits).join(" ")}</span>
      <span class="six" aria-hidden="true"><span>{digits.slice(0, 3)}</span><span>{digits.slice(3)}</span></span>
    </strong>
  );
}

/** Code without connection: scanned or typed. */
export function OfflineCode(): JSX.Element {
  const { texts, nav } = useApp();
  const type = useTypeDigits();
  return (
    <Screen
      bar={<OfflineBar />} title={texts.t("offline_way.title")} lead={texts.t("offline_way.lead")}
      actions={
        <>
          <Button id="scan" icon="qr" onClick={() => nav.go({ screen: "offline-scan" })}>{texts.t("offline_way.scan")}</Button>
          <Button id="type" kind="plain" icon="keyboard" onClick={() => type(false)}>{texts.t("offline_way.type")}</Button>
        </>
      }
    >
      <Parts parts={[{ icon: "qr", text: texts.t("offline_way.scan.why") }, { icon: "keyboard", text: texts.t("offline_way.type.why") }]} />
    </Screen>
  );
}

/** Whose digits they are: typed ones do not say it themselves. */
export function OfflineUser(): JSX.Element {
  const { texts, nav, draft } = useApp();
  const users = useCore(["users"], (core) => answering(core.users()));
  return (
    <Screen bar={<OfflineBar />} title={texts.t("offline_way.user.title")}>
      <div class="sheet rows-sheet">
        {users.map((user) => (
          <Row
            key={user.keyId} data={user.keyId} lead={<span class="initial" aria-hidden="true">{initialOf(user)}</span>}
            title={<bdi>{shownName(user)}</bdi>} second={<bdi>{user.label === undefined ? user.name : `${user.displayName} · ${user.name}`}</bdi>}
            side={user.state === "active" ? undefined : <StateChip user={user} />}
            onClick={() => {
              draft.answer = { keyId: user.keyId };
              nav.go({ screen: "offline-digits" });
            }}
          />
        ))}
      </div>
    </Screen>
  );
}
