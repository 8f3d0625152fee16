// Package firefox drives a real Firefox by WebDriver BiDi, through puppeteer-core in a process of Node, for what package browser
// cannot answer: whether the phone app's service worker, its push subscription and its cryptography work in the other engine
// of Android phones. It knows nothing of phones; its pages have the size of one.
package firefox
