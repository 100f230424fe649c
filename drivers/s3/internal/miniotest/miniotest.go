// Package miniotest runs the suite on MinIO, apart from the driver's other tests: its
// program takes minutes to build, and these needn't wait for it.
package miniotest
