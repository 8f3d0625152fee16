// A notification was touched: the way to what it was of.
import type { Core } from "../core/contract";
import type { Touched } from "../sw/waiting";
import type { Nav, Route } from "../ui/nav";

/** Where a touched notification leads; undefined for one that says nothing but that something waits. */
export function routeOf({ id, test }: Touched): Route | undefined {
  if (test) return { screen: "notifications-check" };
  return id === undefined ? undefined : { screen: "request", id };
}

/** Goes there in the app that is open; whoever is there already stays, with what they typed. */
export function followTouch(touched: Touched, nav: Nav, core: Pick<Core, "users">): void {
  const route = routeOf(touched);
  const { route: now } = nav;
  if (route === undefined || core.users().length === 0) return;
  const there = "id" in route ? "id" in now && now.id === route.id : now.screen === route.screen;
  if (there) return;
  nav.go(route);
}
