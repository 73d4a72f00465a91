module fixture.test/methodsdropped

go 1.22
