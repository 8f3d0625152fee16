// Package duo is the door for products that can ask Duo's service for a second factor: their host name is changed to this server's,
// and they ask here. It answers the Auth API (/auth/v2/…, JSON) and, for applications whose settings say so, the dialect of before
// (/rest/v1/….bson) that Debian's login_duo and pam_duo speak, and the Universal Prompt (/oauth/v1/…), to which they send browsers.
//
// An application is called an integration there. Its integration key follows from its id (IntegrationKey) and is public; its secret
// key is the application's secret. Requests are signed with it (canonical.go), each in one of a few ways that clients have.
//
// What the door decides is form only: which of the domain's calls a request stands for, and how their results are said. Whether a
// phone is woken, and what a yes is, the domain decides. There is no bypass: nothing ever answers allow but a phone's yes or a right
// code. Sentences are English, as everything around them is that these clients print, and ASCII as far as they are ours.
package duo
