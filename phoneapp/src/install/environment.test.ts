import { describe, expect, test } from "vitest";
import { environmentOf, installable, mustInstall, wayOf, type Environment, type Surroundings } from "./environment";

const iosHead = (version: string): string => `Mozilla/5.0 (iPhone; CPU iPhone OS ${version} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)`;
const droid = "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko)";
const view = "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36";

/** User agents as browsers send them, with the few that keep a model. */
const agents = {
  chrome: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  samsung: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
  firefox: "Mozilla/5.0 (Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0",
  edge: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0",
  opera: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 OPR/91.0.0.0",
  huawei: "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-NX9; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36",
  honor: "Mozilla/5.0 (Linux; Android 14; BVL-AN16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 HonorBrowser/2.4.0.301 Mobile Safari/537.36",
  xiaomi: "Mozilla/5.0 (Linux; U; Android 13; en-gb; 2201116SG Build/TKQ1.221114.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.9.1-gn",
  safari: `${iosHead("18_6")} Version/26.0 Mobile/15E148 Safari/604.1`,
  safari15: `${iosHead("15_8_2")} Version/15.6.6 Mobile/15E148 Safari/604.1`,
  iPad: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
  chromeIos: `${iosHead("18_6")} CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1`,
  chromeIos16: `${iosHead("16_3")} CriOS/112.0.5615.46 Mobile/15E148 Safari/604.1`,
  firefoxIos: `${iosHead("18_6")} FxiOS/143.0 Mobile/15E148 Safari/605.1.15`,
  edgeIos: `${iosHead("18_6")} Version/18.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/604.1`,
  desktop: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
} as const;

function at(userAgent: string, change: Partial<Surroundings> & { touch?: number } = {}): Environment {
  const { touch = 5, ...rest } = change;
  return environmentOf({ navigator: { userAgent, maxTouchPoints: touch }, standalone: false, framed: false, push: true, wasm: true, ...rest });
}

describe("browsers", () => {
  test.each([
    ["chrome", "android", "chrome", "menu"],
    ["samsung", "android", "samsung", "menu"],
    ["firefox", "android", "firefox", "menu"],
    ["edge", "android", "edge", "menu"],
    ["opera", "android", "opera", "menu"],
    ["huawei", "android", "huawei", "menu"],
    ["honor", "android", "huawei", "menu"],
    ["xiaomi", "android", "xiaomi", "menu"],
    ["safari", "ios", "safari", "share"],
    ["safari15", "ios", "safari", "share"],
    ["iPad", "ios", "safari", "share"],
    ["chromeIos", "ios", "chrome", "share"],
    ["firefoxIos", "ios", "firefox", "share"],
    ["edgeIos", "ios", "edge", "share"],
    ["chromeIos16", "ios", "chrome", "safari"],
  ] as const)("%s is on %s the browser %s and installs by %s", (name, platform, browser, way) => {
    const environment = at(agents[name]);
    expect([environment.platform, environment.browser, environment.inApp, wayOf(environment)]).toEqual([platform, browser, undefined, way]);
    expect(installable(environment)).toBe(true);
    expect(mustInstall(environment)).toBe(platform === "ios");
  });

  test("a desktop browser gets no install page", () => {
    const environment = at(agents.desktop, { touch: 0 });
    expect([environment.platform, installable(environment), mustInstall(environment)]).toEqual(["other", false, false]);
  });

  test("the version of iOS is read, and an iPad that calls itself a Mac has none", () => {
    expect([at(agents.safari).ios, at(agents.safari15).ios, at(agents.chromeIos16).ios, at(agents.iPad).ios]).toEqual([18.6, 15.8, 16.3, undefined]);
    expect(wayOf(at(`${iosHead("16_4")} CriOS/112.0.5615.46 Mobile/15E148 Safari/604.1`))).toBe("share");
  });
});

describe("other apps' browsers", () => {
  test.each([
    ["Facebook", `${view} [FB_IAB/FB4A;FBAV/485.0.0.70.77;]`],
    ["Facebook", `${iosHead("17_5_1")} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.36.103;FBDV/iPhone14,5;FBSV/17.5.1]`],
    ["Messenger", `${view} [FB_IAB/Orca-Android;FBAV/470.0.0.45.109;]`],
    ["Instagram", `${iosHead("17_5_1")} Mobile/15E148 Instagram 339.0.3.12.91 (iPhone14,5; iOS 17_5_1; en_GB; en-GB; scale=3.00; 1170x2532; 617096438)`],
    ["LINE", `${iosHead("18_1")} Mobile/15E148 Safari/604.1 Line/14.19.0`],
    ["LINE", `${view} Line/14.19.1/IAB`],
    ["WeChat", `${droid} Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260117 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600 NetType/WIFI Language/en`],
    ["X", `${iosHead("17_5")} Version/17.5 Mobile/15E148 Safari/604.1 Twitter for iPhone/10.50`],
    ["LinkedIn", `${iosHead("17_5")} Mobile/21F79 [LinkedInApp]/9.29.7806`],
    ["Snapchat", `${iosHead("17_5")} Mobile/21F79 Snapchat/12.94.0.35 (like Safari/8617.2.4.10.7, panda)`],
    ["TikTok", `${view} trill_350103 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/35.1.3 BytedanceWebview/d8a21c6`],
    ["KakaoTalk", `${view} KAKAOTALK 10.9.8`],
    ["Google", `${iosHead("18_0")} GSA/330.0.673817434 Mobile/15E148 Safari/604.1`],
    ["", view],
    ["", `${iosHead("18_1")} Mobile/15E148`],
  ])("of %j are left first, and no key is made in them", (name, agent) => {
    const environment = at(agent);
    expect([environment.inApp, wayOf(environment), mustInstall(environment)]).toEqual([name, "leave", true]);
  });

  test("the installed app of an iPhone has no Safari in its name and is no such browser", () => {
    const environment = at(`${iosHead("18_1")} Mobile/15E148`, { standalone: true });
    expect([environment.inApp, environment.installed, installable(environment), mustInstall(environment)]).toEqual([undefined, true, false, false]);
  });
});

describe("what a browser can do", () => {
  test("Safari's own word for being installed counts too", () => {
    const userAgent = `${iosHead("11_4")} Mobile/15F79`;
    expect(environmentOf({ navigator: { userAgent, maxTouchPoints: 5, standalone: true }, standalone: false, framed: false, push: false, wasm: true }).installed).toBe(true);
  });

  test("a framed app installs nothing", () => {
    const environment = at(agents.chrome, { framed: true });
    expect([environment.framed, installable(environment)]).toEqual([true, false]);
    expect(mustInstall(at(agents.safari, { framed: true }))).toBe(false);
  });

  test("phones without Google's services are known by maker, system, or a missing Push API", () => {
    expect([agents.huawei, agents.honor].map((agent) => at(agent).withoutGoogle)).toEqual([true, true]);
    expect(at(agents.chrome, { push: false }).withoutGoogle).toBe(true);
    expect(at(agents.chrome).withoutGoogle).toBe(false);
    expect(at(agents.safari15, { push: false }).withoutGoogle).toBe(false);
  });

  test("without WebAssembly nothing decodes the camera's pictures", () => {
    expect([at(agents.safari).decodes, at(agents.safari, { wasm: false }).decodes]).toEqual([true, false]);
  });
});
