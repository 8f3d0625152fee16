import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { NodLine } from "../ui/nod-line";
import { Bar, Screen } from "../ui/screen";
import { UserRow } from "./home";

/** Two-Factor Authentication: who is active here. */
export function Users(): JSX.Element {
  const { texts, nav } = useApp();
  const users = useCore(["users"], (core) => core.users());
  return (
    <Screen
      bar={<Bar />} title={texts.t("users.title")} lead={users.length === 0 ? undefined : texts.t("users.lead")}
      actions={
        <>
          <Button id="add-user" icon="plus" onClick={() => nav.go({ screen: "add" })}>{texts.t("users.add")}</Button>
          {users.length > 1 && <Button id="arrange" kind="text" onClick={() => nav.go({ screen: "arrange" })}>{texts.t("arrange.title")}</Button>}
        </>
      }
    >
      {users.length === 0 ? (
        <div class="empty"><NodLine ring="none" /><p>{texts.t("users.none")}</p></div>
      ) : (
        <div class="sheet rows-sheet">{users.map((user) => <UserRow key={user.keyId} user={user} />)}</div>
      )}
    </Screen>
  );
}

/** Instructions before a further user. */
export function AddUser(): JSX.Element {
  const { texts, nav, preferences } = useApp();
  const android = preferences.drawing === "android";
  return (
    <Screen
      bar={<Bar title={texts.t("users.title")} />} title={texts.t("users.add")} lead={texts.t("add.lead")}
      actions={
        <Button id="register" capitals={android} onClick={() => nav.go({ screen: "code" })}>{texts.t(android ? "add.code.android" : "register.ios")}</Button>
      }
    >
      <ol class="numbered screen-block">
        <li>{texts.t("add.step1")}</li>
        <li>{texts.t("add.step2")}</li>
        <li>{texts.t("add.step3")}</li>
      </ol>
    </Screen>
  );
}
