package main

import (
	"fmt"
	"strings"

	"cloudfiles.dev/drivers/s3"
)

// question is a row of the chooser: a property of a service on which an application
// depends.
type question struct {
	text   string
	answer func(s service) string
}

// questions has the rows of the chooser. The cells are made from a bucket's claims and
// its store's profile. A cell begins with yes, no, with or only, or is a size.
var questions = []question{
	{
		"create if absent (`IfAbsent`)",
		func(s service) string { return s.condition(s.features.IfAbsent, s3.PutIfAbsent) },
	},
	{
		"compare-and-swap (`IfVersion`, `Update`)",
		func(s service) string { return s.condition(s.features.IfVersion, s3.PutIfVersion) },
	},
	{
		"delete of one version",
		func(s service) string { return s.afterCheck(s.features.DeleteIfVersion, s3.DeleteIf) },
	},
	{
		"`Move` that loses no concurrent Put <sup>1</sup>",
		func(s service) string {
			if text := s.afterCheck(s.features.DeleteIfVersion, s3.DeleteIf); text != no {
				return text
			}
			return "only with `MayLoseConcurrentPut`"
		},
	},
	{
		"copy inside the service",
		func(s service) string { return yesNo(s.features.ServerCopy) },
	},
	{
		"listing in byte order",
		func(s service) string { return yesNo(s.features.Ordered) },
	},
	{
		"signed GET and PUT",
		func(s service) string {
			if s.url == "" || !strings.HasPrefix(s.url, "file:") {
				return yesNo(s.features.SignGet && s.features.SignPut)
			}
			return "with [`localhttp`](drivers/local/localhttp)"
		},
	},
	{
		"largest file",
		func(s service) string { return size(s.features.MaxSize) },
	},
	{
		"every legal name",
		func(s service) string {
			switch {
			case s.features.AnyName:
				return yes
			case s.store == "unknown":
				return afterCheck
			}
			return "most <sup>2</sup>"
		},
	},
	{
		"`a` beside `a/b`",
		func(s service) string { return s.afterCheck(s.features.DirBesideFile, s3.DirBesideFile) },
	},
	{
		"digest checked on read",
		func(s service) string { return yesNo(s.features.Digests) },
	},
	{
		"durable when Put returns",
		func(s service) string { return yesNo(s.features.Durable) },
	},
	{
		"new version with each Put <sup>3</sup>",
		func(s service) string { return yesNo(s.features.VersionPerPut) },
	},
}

const (
	yes        = "yes"
	no         = "no"
	afterProof = "yes, once proved <sup>4</sup>"
	afterCheck = "with `Check` <sup>5</sup>"
)

func yesNo(b bool) string {
	if b {
		return yes
	}
	return no
}

// condition returns the cell of a condition that the driver itself proves before it
// relies on it.
func (s service) condition(claimed bool, c s3.Claim) string {
	if claimed && s.store != "" && s.profile.Keeps[c] == s3.Unproved {
		return afterProof
	}
	return yesNo(claimed)
}

// afterCheck returns the cell of a feature that is claimed only after files.Check
// proved it.
func (s service) afterCheck(claimed bool, c s3.Claim) string {
	if !claimed && s.store != "" && s.profile.Keeps[c] == s3.Unproved {
		return afterCheck
	}
	return yesNo(claimed)
}

// size returns a limit as text, rounded down to a tenth.
func size(n int64) string {
	if n == 0 {
		return "no limit"
	}
	const tib = 1 << 40
	tenths := n / (tib / 10)
	if tenths%10 == 0 {
		return fmt.Sprintf("%d TiB", tenths/10)
	}
	return fmt.Sprintf("%d.%d TiB", tenths/10, tenths%10)
}

// chooser returns the table of the questions by service.
func chooser(all []service) string {
	var b strings.Builder
	head := []string{""}
	for _, s := range all {
		head = append(head, s.title)
	}
	b.WriteString(tableHead(head...))
	for _, q := range questions {
		cells := []string{q.text}
		for _, s := range all {
			cells = append(cells, q.answer(s))
		}
		b.WriteString(tableRow(cells...))
	}
	return b.String()
}

// stores returns the table of the stores' profiles.
func stores() string {
	var b strings.Builder
	var known []s3.Profile
	head := []string{"what S3 keeps"}
	for _, name := range s3.ProfileNames() {
		if p, ok := s3.ProfileNamed(name); ok {
			known, head = append(known, p), append(head, "`"+name+"`")
		}
	}
	b.WriteString(tableHead(head...))
	for c := s3.GetIf; c <= s3.Order; c++ {
		cells := []string{oneLine(c.String())}
		for _, p := range known {
			cells = append(cells, map[s3.Keep]string{
				s3.Kept:     "✓",
				s3.NotKept:  "✗",
				s3.Unproved: "?",
			}[p.Keeps[c]])
		}
		b.WriteString(tableRow(cells...))
	}
	return b.String()
}
