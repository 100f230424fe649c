package digests

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// TestCombine: the CRCs of parts combine to the CRC of the whole, for each kind of CRC
// and for parts of any length.
func TestCombine(t *testing.T) {
	content := make([]byte, 100_000)
	rng := rand.NewChaCha8([32]byte{7})
	rng.Read(content)
	lengths := rand.New(rng)
	for _, ask := range []Digest{{CRC32C: "?"}, {CRC32: "?"}, {CRC64NVME: "?"}} {
		for round := range 50 {
			whole, _, ok := NewPart(ask)
			if !ok {
				t.Fatalf("%+v has no CRC", ask)
			}
			for rest := content; len(rest) > 0; {
				n := min(lengths.IntN(1<<(round%17+1)), len(rest))
				if round == 0 {
					n = len(rest)
				}
				part, _, _ := NewPart(ask)
				part.Write(rest[:n])
				whole.Append(part)
				rest = rest[n:]
			}
			var want string
			switch {
			case ask.CRC32C != "":
				digits := CRCDigits(UpdateCRC32C(0, content))
				want = string(digits[:])
			case ask.CRC32 != "":
				h := New("crc32")
				h.Write(content)
				want = hex.EncodeToString(h.Sum(nil))
			default:
				h := New("crc64nvme")
				h.Write(content)
				want = hex.EncodeToString(h.Sum(nil))
			}
			if got := whole.Digits(); got != want || whole.n != int64(len(content)) {
				t.Fatalf("%+v, round %d: %s of %d bytes, want %s", ask, round, got, whole.n, want)
			}
		}
	}
	if _, _, ok := NewPart(Digest{SHA256: "?"}); ok {
		t.Error("NewPart takes a SHA-256, which can't be combined")
	}
}

// TestHasherGoesOnFromState: a Hasher that goes on from the state of another one
// computes the digests of the whole, and refuses the state of another kind of Hasher.
func TestHasherGoesOnFromState(t *testing.T) {
	content := make([]byte, 10_000)
	rand.NewChaCha8([32]byte{8}).Read(content)
	for _, ask := range []Digest{
		{},
		{MD5: "?"},
		{SHA256: "?", CRC32: "?"},
		{MD5: "?", CRC64NVME: "?"},
	} {
		var first, second, whole, other Hasher
		first.Init(ask)
		second.Init(ask)
		whole.Init(ask)
		whole.Write(content)
		first.Write(content[:777])
		state, err := first.State()
		if err != nil {
			t.Fatal(err)
		}
		if err := second.SetState(state); err != nil {
			t.Fatalf("SetState of %+v: %v", ask, err)
		}
		second.Write(content[777:])
		if second.Sum() != whole.Sum() {
			t.Errorf("%+v: the digests are %+v, want %+v", ask, second.Sum(), whole.Sum())
		}
		if got := AppendCRC32C(first.CRC32C(), UpdateCRC32C(0, content[777:]),
			int64(len(content)-777)); got != whole.CRC32C() {
			t.Errorf("the combined CRC-32C is %08x, want %08x", got, whole.CRC32C())
		}
		for _, wrong := range [][]byte{nil, state[:3], state[:len(state)-1], append(state, 0)} {
			if second.SetState(wrong) == nil {
				t.Errorf("%+v: SetState of %d bytes succeeded", ask, len(wrong))
			}
		}
		other.Init(Digest{MD5: "?", SHA256: "?"})
		if other.SetState(state) == nil {
			t.Errorf("%+v: SetState of another Hasher succeeded", ask)
		}
	}
}
