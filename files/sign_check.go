package files

import "cmp"

// Check returns nil if a bucket with the features f can sign with the options, and
// otherwise an error that says why not. Wrappers and package driver call it; a driver
// need not.
//
//   - ErrPermission: the bucket is read-only, and the method writes.
//   - ErrInvalid: the method can't be signed, the expiry or the size is negative, a value
//     can't stand in a header, or the method doesn't have the option.
//   - ErrUnsupported: Features don't claim the method or the option.
//   - ErrTooLarge: Size is beyond Features.MaxSize.
func (o SignOptions) Check(f Features) error {
	op, err := o.Op()
	switch {
	case err != nil:
		return err
	case f.ReadOnly && op.Writes():
		return errReadOnly
	}
	if err := o.sound(op); err != nil {
		return err
	}
	able := op == OpSignGet && f.SignGet || op == OpSignPut && f.SignPut ||
		op == OpSignDelete && f.SignDelete
	if o.Method == "HEAD" {
		able = f.SignHead
	}
	var lacks string
	switch {
	case !able:
		return errorf(ErrUnsupported, "the bucket can't sign URLs for %s", cmp.Or(o.Method, "GET"))
	case o.MaxSize != 0:
		return errorf(ErrUnsupported,
			"a signed PUT has no largest size; a form has (SignPost of files/signing)")
	case o.ContentType != "" && !f.SignContentType:
		lacks = "bind a signed PUT to a content type"
	case (o.ResponseType != "" || o.ResponseDisposition != "") && !f.SignResponse:
		lacks = "choose the headers of the response to a signed GET"
	case o.Size != 0 && !f.SignSize:
		lacks = "bind a signed PUT to a size"
	case o.IfAbsent && !f.SignIfAbsent:
		lacks = "sign a PUT that stores only a new file"
	case f.MaxSize > 0 && o.Size > f.MaxSize:
		return errorf(ErrTooLarge, "%d bytes, at most %d", o.Size, f.MaxSize)
	}
	if lacks != "" {
		return errorf(ErrUnsupported, "the bucket can't %s", lacks)
	}
	return nil
}

// sound refuses what makes no sense in any bucket.
func (o SignOptions) sound(op Op) error {
	put := o.ContentType != "" || o.Size != 0 || o.MaxSize != 0 || o.IfAbsent
	switch {
	case o.Expiry < 0:
		return invalid("negative expiry %v", o.Expiry)
	case o.Size < 0 || o.MaxSize < 0:
		return invalid("negative size")
	case put && op != OpSignPut:
		return invalid("only a PUT has a content type, a size or a condition to bind")
	case (o.ResponseType != "" || o.ResponseDisposition != "") &&
		(op != OpSignGet || o.Method == "HEAD"):
		return invalid("only a GET has a response whose headers can be chosen")
	}
	for _, a := range []Attributes{
		{ContentType: o.ContentType},
		{ContentType: o.ResponseType, ContentDisposition: o.ResponseDisposition},
	} {
		if _, err := a.Normalize(); err != nil {
			return err
		}
	}
	return nil
}
