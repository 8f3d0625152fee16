package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postfix is Debian's mail server as a child of the test, with all its files in the test's directory. It takes letters to
// example.com over STARTTLS only, keeps those to mara, misaki, jonas and bounces, and sends back what is to anybody else.
type postfix struct {
	t      testing.TB
	dir    string
	port   string
	roots  string // file of the root that its certificate stands under
	exited chan struct{}
}

const (
	postfixMaster = "/usr/lib/postfix/sbin/master"
	nobody        = 65534
)

const mainCF = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
maillog_file = DIR/log
maillog_file_prefixes = DIR
myhostname = mail.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = DIR/conf/key.pem, DIR/conf/cert.pem
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_rate_limit = 0
virtual_mailbox_domains = example.com
virtual_mailbox_base = DIR/box
virtual_mailbox_maps = inline:{ mara@example.com=mara/, misaki@example.com=misaki/, jonas@example.com=jonas/, bounces@example.com=bounces/ }
virtual_uid_maps = static:65534
enable_long_queue_ids = yes
virtual_gid_maps = static:65534
recipient_delimiter = +
`

// masterCF has no pickup, no local delivery and no way to other machines.
const masterCF = `PORT inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
`

func startPostfix(t testing.TB) *postfix {
	t.Helper()
	if _, err := os.Stat(postfixMaster); err != nil || os.Getuid() != 0 {
		t.Fatalf("this test needs Postfix, and to be root to start it (make test-deps installs it on Debian): %v", err)
	}
	dir, err := os.MkdirTemp("", "nodkey-postfix-") // t.TempDir's would let nobody else in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	p := &postfix{t: t, dir: dir, port: freePort(t), roots: filepath.Join(dir, "conf", "root.pem")}
	for name, owner := range map[string]int{"conf": 0, "queue": 0, "data": accountOf(t, "postfix"), "box": nobody} {
		p.must(os.Mkdir(filepath.Join(dir, name), 0o755))
		p.must(os.Chown(filepath.Join(dir, name), owner, -1))
	}
	p.must(os.Chmod(dir, 0o755))
	p.certify()
	p.must(os.WriteFile(filepath.Join(dir, "conf", "main.cf"), []byte(strings.ReplaceAll(mainCF, "DIR", dir)), 0o644))
	p.must(os.WriteFile(filepath.Join(dir, "conf", "master.cf"), []byte(strings.ReplaceAll(masterCF, "PORT", "127.0.0.1:"+p.port)), 0o644))
	p.start()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("Postfix says:\n%s", p.log())
		}
	})
	return p
}

func (p *postfix) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func accountOf(t testing.TB, name string) (id int) {
	t.Helper()
	out, err := exec.Command("id", "-u", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(out), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// certify makes a root, and a certificate of 127.0.0.1 under it.
func (p *postfix) certify() {
	p.t.Helper()
	now := time.Now()
	sign := func(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(24*time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
		p.must(err)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a root of the test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mail.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	rootPEM := sign(root, root, rootKey, rootKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	for name, data := range map[string][]byte{"root.pem": rootPEM, "cert.pem": sign(leaf, root, key, rootKey), "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		p.must(os.WriteFile(filepath.Join(p.dir, "conf", name), data, 0o600))
	}
}

// start starts it and waits until it answers.
func (p *postfix) start() {
	p.t.Helper()
	out, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	p.must(err)
	defer out.Close()
	master := exec.Command("postfix", "-c", filepath.Join(p.dir, "conf"), "start-fg")
	master.Stdout, master.Stderr = out, out // files: whoever outlives it holds no pipe
	p.must(master.Start())
	exited := make(chan struct{})
	p.exited = exited
	go func() {
		_ = master.Wait()
		close(exited)
	}()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-exited:
			p.t.Fatalf("Postfix ended at once:\n%s", p.log())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("Postfix does not answer:\n%s", p.log())
		}
	}
}

// stop ends it with all its processes. Twice is as good as once.
func (p *postfix) stop() {
	p.t.Helper()
	select {
	case <-p.exited:
		return
	default:
	}
	// The master is the leader of a session of its own; its processes end with it.
	raw, err := os.ReadFile(filepath.Join(p.dir, "queue", "pid", "master.pid"))
	p.must(err)
	var pid int
	if _, err := fmt.Sscan(string(raw), &pid); err != nil {
		p.t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(2 * time.Minute):
		_ = syscall.Kill(pid, syscall.SIGKILL)
		p.t.Error("Postfix did not end by itself")
	}
}

// options make a server send here.
func (p *postfix) options(more map[string]string) map[string]string {
	out := map[string]string{"mail.server": "127.0.0.1:" + p.port, "mail.ca_roots": p.roots, "mail.from": "Aldermere Savings <no-reply@example.com>", "mail.bounces": "bounces@example.com"}
	for key, value := range more {
		out[key] = value
	}
	return out
}

// mailed is a letter as a mail program shows it.
type mailed struct {
	raw           string
	head          mail.Header
	queued        string // Postfix's id: its first part is the time at which it took the letter, to the microsecond, and sorts by it
	subject, text string
}

var queueID = regexp.MustCompile(`by mail\.example\.com \(Postfix\)(?: with ESMTPS)? id ([0-9A-Za-z]{10,})`)

// box gives the letters in somebody's mailbox, in the order in which Postfix took them: it delivers several at once, so that one which
// it took later may be there first.
func (p *postfix) box(name string) (letters []mailed) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "box", name, "new", "*"))
	p.must(err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		p.must(err)
		letters = append(letters, p.open(string(raw)))
	}
	slices.SortFunc(letters, func(a, b mailed) int { return strings.Compare(a.queued, b.queued) })
	return letters
}

// settled waits until Postfix has delivered all that it has taken.
func (p *postfix) settled() {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		waiting := 0
		for _, queue := range []string{"incoming", "active"} { // in the order in which a letter goes through them
			files, err := os.ReadDir(filepath.Join(p.dir, "queue", queue))
			p.must(err)
			waiting += len(files)
		}
		if waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%d letters are still on their way in Postfix", waiting)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (p *postfix) open(raw string) mailed {
	p.t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	p.must(err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	p.must(err)
	body := m.Body
	switch m.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	p.must(err)
	queued := queueID.FindStringSubmatch(strings.Join(strings.Fields(m.Header.Get("Received")), " "))
	if queued == nil {
		p.t.Fatalf("no queue id in %q", m.Header.Get("Received"))
	}
	return mailed{raw: raw, head: m.Header, queued: queued[1], subject: subject, text: strings.ReplaceAll(string(text), "\r\n", "\n")}
}

// waits until a letter is in a mailbox that has something in it, and gives it. A server that was away is left alone for up to a minute.
func (p *postfix) waits(name, what string, has func(mailed) bool) mailed {
	p.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		for _, l := range p.box(name) {
			if has(l) {
				return l
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s never came to %s; %d letters did", what, name, len(p.box(name)))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// leadsTo says that a letter has the link to a message.
func leadsTo(reference string) func(mailed) bool {
	return func(l mailed) bool { return strings.Contains(l.text, "/messages/"+reference+"\n") }
}

func (p *postfix) log() string {
	log, err := os.ReadFile(filepath.Join(p.dir, "log"))
	p.must(err)
	return string(log)
}
