// How the camera is allowed in the browser that the app runs in.
import type { Key } from "../i18n";
import type { Environment } from "../install/environment";

/** The steps, first things first. */
export function allowSteps({ platform, browser, installed }: Pick<Environment, "platform" | "browser" | "installed">): readonly Key[] {
  return [...stepsOf(platform, browser, installed), "allow.last"];
}

function stepsOf(platform: Environment["platform"], browser: Environment["browser"], installed: boolean): readonly Key[] {
  if (platform === "other") return ["allow.desktop.1", "allow.desktop.2"];
  if (platform === "ios") {
    if (installed) return ["allow.homescreen.1", "allow.homescreen.2"];
    return browser === "safari" ? ["allow.safari.1", "allow.safari.2"] : ["allow.iosapp.1", "allow.iosapp.2"];
  }
  if (installed) return ["allow.installed.1", "allow.installed.2"];
  switch (browser) {
    case "chrome":
    case "edge":
      return ["allow.chrome.1", "allow.chrome.2"];
    case "samsung":
      return ["allow.samsung.1", "allow.samsung.2"];
    case "firefox":
      return ["allow.firefox.1", "allow.firefox.2"];
    default:
      return ["allow.other.1", "allow.other.2"];
  }
}
