package files

import "maps"

func cloneMap(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// Clone returns a copy that shares nothing with a.
func (a Attributes) Clone() Attributes {
	a.Metadata = cloneMap(a.Metadata)
	return a
}
