package model

import (
	"fmt"
	"math"
	"strconv"

	"cloudfiles.dev/files"
)

// The functions of this file return steps as Go code.

func codePut(s step, o *files.PutOptions, cond string) string {
	content := fmt.Sprintf("strings.NewReader(%s)", codeText(s.content, 0, int64(s.content.size)))
	switch {
	case s.flaw == failsAtEnd:
		content = fmt.Sprintf("io.MultiReader(%s, iotest.ErrReader(errReader))", content)
	case s.stream:
		content = fmt.Sprintf("io.MultiReader(%s)", content) // it has no length
	}
	var l literal
	l.field("Attributes", codeAttributes(o.Attributes))
	l.field("If", cond)
	if o.Size != nil {
		l.field("Size", fmt.Sprintf("new(int64(%d))", *o.Size))
	}
	return fmt.Sprintf("b.Put(ctx, %s, %s%s)", codeString(s.name), content,
		l.argument("files.PutOptions"))
}

func codeAttributes(a files.Attributes) string {
	var l literal
	l.field("ContentType", strconv.Quote(a.ContentType))
	l.field("CacheControl", strconv.Quote(a.CacheControl))
	l.field("ContentDisposition", strconv.Quote(a.ContentDisposition))
	l.field("ContentEncoding", strconv.Quote(a.ContentEncoding))
	l.field("ContentLanguage", strconv.Quote(a.ContentLanguage))
	l.field("Metadata", codeMap(a.Metadata))
	return l.of("files.Attributes")
}

func codeRange(r files.Range) string {
	off, n, last := r.Parts()
	switch {
	case r.IsWhole():
		return ""
	case last:
		return fmt.Sprintf("files.Last(%d)", n)
	case n == math.MaxInt64:
		return fmt.Sprintf("files.From(%d)", off)
	}
	return fmt.Sprintf("files.Bytes(%d, %d)", off, n)
}

func codeGet(s step, ifVersion, ifNotVersion string) string {
	var l literal
	l.field("Range", codeRange(s.part))
	l.field("IfVersion", ifVersion)
	l.field("IfNotVersion", ifNotVersion)
	return fmt.Sprintf("b.Get(ctx, %s%s)", codeString(s.name), l.argument("files.GetOptions"))
}

func codeStat(name string) string { return fmt.Sprintf("b.Stat(ctx, %s, nil)", codeString(name)) }

func codeDelete(name, ifVersion string) string {
	var l literal
	l.field("IfVersion", ifVersion)
	return fmt.Sprintf("b.Delete(ctx, %s%s)", codeString(name), l.argument("files.DeleteOptions"))
}

func codeCopy(s step, cond, ifSource string) string {
	var l literal
	if s.attributes != 0 {
		l.field("Attributes", "&"+codeAttributes(stepAttributes[s.attributes]))
	}
	l.field("If", cond)
	l.field("IfSource", ifSource)
	return fmt.Sprintf("files.%s(ctx, b, %s, b, %s%s)", s.do, codeString(s.to), codeString(s.name),
		l.argument("files.CopyOptions"))
}

func codeList(o files.ListOptions) string {
	var l literal
	l.field("Shallow", fmt.Sprint(o.Shallow))
	l.field("Prefix", codeString(o.Prefix))
	l.field("StartAfter", codeString(o.StartAfter))
	l.field("Limit", fmt.Sprint(o.Limit))
	l.field("PageSize", fmt.Sprint(o.PageSize))
	l.field("NamesOnly", fmt.Sprint(o.NamesOnly))
	return l.argument("files.ListOptions")
}
