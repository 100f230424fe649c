package suite

// Case has the fields of conformance.Case, which documents them. A conformance.Case is
// converted to it.
type Case struct {
	Rule    string
	Name    string
	Why     string
	Needs   []*Ability
	Long    bool
	Largest int64
	Apart   bool
	Run     func(t T, h *H)
}

// ID returns the case's name in reports and subtests.
func (c *Case) ID() string { return c.Rule + "/" + c.Name }
