
3
fConst*
valueBB/etc/passwd*
dtype0

iIdentityf
1
tInitializeTableFromTextFileV2h
i:output:0"Ê