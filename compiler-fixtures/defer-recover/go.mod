module fixture.test/deferrecover

go 1.23
