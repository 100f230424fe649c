// Package miniotest runs the suite on MinIO. It is apart from the driver's other tests,
// which needn't wait for the minutes that MinIO's program takes to build.
package miniotest
