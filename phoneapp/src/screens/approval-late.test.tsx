// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { approvalOf, userOf } from "../preview-core";
import { stage } from "./stage";

test("a request that comes between the drawing of its screen, as after a reload, and what follows that stays open", async () => {
  const on = await stage({ prepare: (core) => core.set({ users: [userOf()] }) });
  on.nav.go({ screen: "approval", id: "a1" });
  for (let i = 0; on.screen() !== "approval"; i++) { // drawn, before its effects run
    expect(i).toBeLessThan(100);
    await Promise.resolve();
  }
  on.core.set({ approvals: [approvalOf(on.core.now())] });
  await on.settle();
  expect(on.screen()).toBe("approval");
  expect(on.text()).toContain("Aldermere Client Portal");
});
