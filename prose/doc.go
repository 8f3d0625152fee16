// Package prose shows the Markdown that operators write: as safe HTML in the
// portal, as blocks on phones, as plain text in terminals and previews.
//
// It reads CommonMark with the tables of GitHub's flavour, without raw HTML, which
// stays the text that it is, and without images, of which their descriptions stay. Links lead to https
// addresses without user information and to mailto addresses; of any other the
// words stay and the link goes. Characters that control, hide or turn round are
// taken out after entities have been read. All three forms are made of the same
// [Block] values, so that nobody is shown what others are not.
//
// Every function takes any text: what is longer than [Most] bytes is cut, what
// is nested beyond measure is shown as it was typed.
package prose
