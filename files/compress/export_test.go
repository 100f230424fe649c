package compress

var MostPlain = mostPlain

const (
	MarkKey = markKey
	Tried   = tried
)
